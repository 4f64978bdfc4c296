// What the hall's error codes mean and what to do, by code. English falls back to the hall's own message.

export default {
  "zh-CN": {
    "error.away": "连接不上交易系统。请检查网络，然后再试。",
    "error.sign-in-first": "请先登录。",
    "error.sign-in-refused": "账号、密码或验证码不对。",
    "error.code-refused": "验证码不对，或已经用过。请等身份验证器显示下一个。",
    "error.too-many-attempts": "尝试次数过多，请 {retry_after} 秒后再试。",
    "error.forbidden": "您在这个项目中的身份不能做这一步。",
    "error.may-not-watch": "您不在这个项目中，不能查看。",
    "error.no-such-case": "没有这个项目，请检查网址。",
    "error.late": "投标已于 {closes_at} 截止，不能再递交、替换或撤回。",
  },
  en: {
    "error.away": "The hall does not answer. Check your network, then try again.",
  },
};
