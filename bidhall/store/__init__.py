"""PostgreSQL: migrations, the pool, and the read tables."""
