// What may go wrong while a bid is sealed or its receipt is checked, by code.

export default {
  "zh-CN": {
    "sealing.malformed-payload": "文件名或一览表中有不能接受的内容：文件名不能重复，不能含斜杠、换行或首尾空格。",
    "sealing.file-changed": "加密过程中文件被改动了。请关闭正在编辑它的程序，再加密一次。",
    "sealing.no-room": "这台电脑的磁盘空间不够。请腾出与投标文件一样大的空间，再试一次。",
    "sealing.wrong-manifest": "项目清单与它公布的指纹不符。请不要投标，并通知招标人和监督人。",
    "sealing.malformed-key": "项目清单中的密钥不对。请不要投标，并通知招标人和监督人。",
    "sealing.self-test-failed": "自检没有通过：重新打开的内容与原文件不一致。请换一台电脑再试。",
    "sealing.stopped": "已停止加密。",
    "sealing.no-worker": "这个浏览器不能在后台加密。请换用 Chrome、Edge 或 Firefox 的新版本。",
    "sealing.plaintext-refused": "这不像密文，已拒绝上传。请重新加密。",
    "sealing.not-in-record": "回执不能证明您的投标已进入公开记录。请不要离开，联系交易中心，并保存密文。",
    "sealing.wrong-bid": "回执不是这份投标的。请再试一次；如仍不对，联系交易中心。",
    "sealing.malformed-receipt": "回执格式不对。请再试一次；如仍不对，联系交易中心。",
    "sealing.recovery-invalid": "恢复文件打不开：口令不对，或文件已损坏。",
  },
  en: {
    "sealing.malformed-payload": "A file name or a term of the form cannot be taken: names must differ and hold no slash, line break, or space at either end.",
    "sealing.file-changed": "A file changed while it was sealed. Close the program that edits it and seal again.",
    "sealing.no-room": "This computer's disk is full. Make as much room as the bid has bytes, then try again.",
    "sealing.wrong-manifest": "The manifest does not have the fingerprint it is published under. Do not bid; tell the tenderee and the supervisor.",
    "sealing.malformed-key": "A key in the manifest is wrong. Do not bid; tell the tenderee and the supervisor.",
    "sealing.self-test-failed": "The self-test failed: what was opened again differs from your files. Try another computer.",
    "sealing.stopped": "Sealing was stopped.",
    "sealing.no-worker": "This browser cannot seal in the background. Use a recent Chrome, Edge or Firefox.",
    "sealing.plaintext-refused": "This does not look like ciphertext and was not uploaded. Seal it again.",
    "sealing.not-in-record": "The receipt does not show that your bid is in the record. Stay here, call the trading centre, and keep the ciphertext.",
    "sealing.wrong-bid": "The receipt is for another bid. Try again; if it stays so, call the trading centre.",
    "sealing.malformed-receipt": "The receipt is not in its form. Try again; if it stays so, call the trading centre.",
    "sealing.recovery-invalid": "The recovery file does not open: the passphrase is wrong or the file is damaged.",
  },
};
