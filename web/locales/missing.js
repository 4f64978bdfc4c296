// Words of the page that stands for what is missing.

export default {
  "zh-CN": {
    "missing.title": "没有这个页面",
    "missing.text": "这个网址下没有内容：{path}",
    "missing.why": "网址可能抄漏了字符，或者链接已经过时。招标项目和记录从不删除，可以在首页按名称查找。",
    "missing.home": "回到首页",
    "missing.desk": "我的工作",
  },
  en: {
    "missing.title": "There is no such page",
    "missing.text": "Nothing lies at this address: {path}",
    "missing.why": "A character of the address may be missing, or the link is old. Tenders and records are never deleted: find them by name on the home page.",
    "missing.home": "To the home page",
    "missing.desk": "My work",
  },
};
