// Why a bid could not be opened, by the code that the opener found; anyone can find it again from the record.

export default {
  "zh-CN": {
    "void.wrong-stanza": "密文的密钥部分不是为本项目加密的，或已被改动。",
    "void.wrong-context": "密文属于另一个项目、标段或投标人。",
    "void.wrong-key": "密文的密钥与投标时的承诺不符。",
    "void.altered": "密文被改动过，校验不通过。",
    "void.truncated": "密文不完整，缺少一部分。",
    "void.too-long": "密文比登记的长。",
    "void.wrong-root": "密文与登记的指纹不符。",
    "void.malformed-payload": "能解密，但内容不合规定的格式。",
    "void.malformed-padding": "能解密，但填充不合规定的格式。",
    "void.malformed-descriptor": "投标的登记信息不合规定的格式。",
    "void.other": "投标文件打不开（{code}）。",
  },
  en: {
    "void.wrong-stanza": "The key part of the ciphertext was not sealed for this tender, or was altered.",
    "void.wrong-context": "The ciphertext belongs to another tender, lot or bidder.",
    "void.wrong-key": "The key of the ciphertext is not the one the bidder committed to.",
    "void.altered": "The ciphertext was altered: its check fails.",
    "void.truncated": "The ciphertext is incomplete.",
    "void.too-long": "The ciphertext is longer than recorded.",
    "void.wrong-root": "The ciphertext does not have the recorded fingerprint.",
    "void.malformed-payload": "It decrypts, but its content is not in the required form.",
    "void.malformed-padding": "It decrypts, but its padding is not in the required form.",
    "void.malformed-descriptor": "What the bid was recorded with is not in the required form.",
    "void.other": "The bid does not open ({code}).",
  },
};
