FROM python:3.13-slim

WORKDIR /app
COPY requirements/run.txt requirements/run.txt
RUN pip install --no-cache-dir --require-hashes --no-deps --only-binary :all: -r requirements/run.txt

COPY pyproject.toml README.md LICENSE ./
COPY bidhall bidhall
COPY crypto crypto
COPY evaluation evaluation
COPY web web
RUN pip install --no-cache-dir --no-deps --no-build-isolation . \
    && useradd --system --uid 10001 --home-dir /data hall \
    && install -d -o hall -m 0700 /data

USER hall
ENV BIDHALL_DATA=/data BIDHALL_HOST=0.0.0.0 PORT=8000
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
    CMD ["python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:8000/api/time', timeout=2)"]
ENTRYPOINT ["bidhall"]
CMD ["serve"]
