"""What the verifier says, in words: zh-CN and en side by side."""

from __future__ import annotations

from typing import Any

from bidhall.verification.verify import Verdict

__all__ = ["WORDS", "as_data", "as_text"]

# name -> (what was checked in Chinese, in English); facts of the check fill the braces.
WORDS = {
    "files": (
        "记录包完整，{files} 个文件与清单一致",
        "complete: {files} files are as described",
    ),
    "checkpoint": (
        "检查点签名有效，日志共 {size} 条",
        "the checkpoint is signed; the log has {size} entries",
    ),
    "inclusion": (
        "{events} 个事件都在日志里，未被改动",
        "{events} events are in the log, unchanged",
    ),
    "order": (
        "{streams} 条流水连续、无缺号",
        "{streams} streams are complete and in order",
    ),
    "signed-commands": (
        "{signatures} 个有法律意义的操作均由本人设备签名",
        "{signatures} acts of legal weight are signed by their person",
    ),
    "manifest": (
        "招标清单与公布的指纹一致",
        "the manifest has its published hash",
    ),
    "ceremony": (
        "密钥由 {custodians} 位保管人共同生成，{threshold} 位可开",
        "the keys were made by {custodians} custodians, any {threshold} open",
    ),
    "shares": (
        "{shares} 个释放的份额与承诺一致",
        "{shares} released shares are the ones committed to",
    ),
    "operator": (
        "平台一侧的密钥与清单一致",
        "the operator's leg belongs to the manifest",
    ),
    "submitted": (
        "{versions} 份递交均在截止前、签名有效、只为本项目封装",
        "{versions} versions came in time, signed, sealed for this tender",
    ),
    "closed-list": (
        "截止名单与递交一致：有效 {live}，截止前撤回 {withdrawn}",
        "the close matches what came: {live} live, {withdrawn} withdrawn",
    ),
    "opened": (
        "{opened} 份报价重新解密，与开标记录一致",
        "{opened} forms, decrypted again, are as recorded",
    ),
    "announced": (
        "唱标内容与解密结果一致",
        "what was announced is what was opened",
    ),
    "technical": (
        "{opened} 份技术文件重新解密，与交评内容一致",
        "{opened} technical parts open to what the committee was given",
    ),
    "draw": (
        "{seats} 席专家由公开种子重新抽出，结果相同",
        "{seats} seats, drawn again, come out the same",
    ),
    "sheets": (
        "{sheets} 张评分表由席位专家本人签名锁定，揭示未改",
        "{sheets} sheets were locked and signed by their experts, revealed unchanged",
    ),
    "ranking": (
        "{lots} 个标段的价格分与排名重新计算，结果相同",
        "price scores and ranks of {lots} lots, computed again, are the same",
    ),
    "papers": (
        "{papers} 份文书与记录的指纹一致",
        "{papers} papers have their recorded hashes",
    ),
    "pinned-key": (
        "签名密钥与您提供的一致",
        "signed by the key you named",
    ),
    "receipt": (
        "您的回执在记录中，未被改动",
        "your receipt is in the record, unchanged",
    ),
}
_MARKS = {"passed": "✓", "failed": "✗", "skipped": "–"}


def as_text(verdict: Verdict, lang: str) -> str:
    """Say the verdict for a terminal."""
    chinese = not lang.startswith("en")
    lines = [f"{verdict.tender} {verdict.title}".rstrip()]
    for one in verdict.outcomes:
        words = WORDS[one.name][0 if chinese else 1]
        said = words.format(**one.facts) if one.state == "passed" else _without_facts(words)
        reason = (
            f"：{one.reason}" if chinese and one.reason else f": {one.reason}" if one.reason else ""
        )
        lines.append(f" {_MARKS[one.state]} {said}{reason}")
    if verdict.passed:
        lines.append("核验通过。" if chinese else "Everything holds.")
    else:
        name = verdict.failure.name if verdict.failure else ""
        lines.append(f"核验未通过：{name}。" if chinese else f"The record does not hold: {name}.")
    return "\n".join(lines)


def _without_facts(words: str) -> str:
    parts = [
        part.split("}", 1)[-1] if "{" in words and "}" in part else part
        for part in words.split("{")
    ]
    return "…".join(parts) if "{" in words else words


def as_data(verdict: Verdict) -> dict[str, Any]:
    """Give the verdict for programs."""
    return {
        "passed": verdict.passed,
        "readable": True,
        "tender": verdict.tender,
        "title": verdict.title,
        "failed": verdict.failure.name if verdict.failure else "",
        "checks": [
            {"check": one.name, "state": one.state, "facts": one.facts, "reason": one.reason}
            for one in verdict.outcomes
        ],
    }
