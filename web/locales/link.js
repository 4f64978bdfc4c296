// Words about the link to a room.

export default {
  "zh-CN": {
    "link.refused": "您不在这个项目中，不能进入这个房间。",
    "link.signedOut": "登录已结束。请重新登录，回来后接着看，不会漏掉任何一步。",
    "link.signIn": "重新登录",
    "link.lost": "与交易系统的连接断开了，正在自动重连。",
    "link.lostFor": "已断开 {time}。现场照常进行，连上后自动补齐。",
    "link.kept": "您的操作还没有得到答复，已保留 {n} 项，连上后自动送出，不会重复。",
    "link.word.live": "已连接",
    "link.word.joining": "正在连接",
    "link.word.lost": "已断线，正在重连",
    "link.word.signed-out": "登录已结束",
    "link.word.refused": "不能进入",
  },
  en: {
    "link.refused": "You have no part in this case and cannot enter this room.",
    "link.signedOut": "Your session has ended. Sign in again and go on from here; you will miss nothing.",
    "link.signIn": "Sign in again",
    "link.lost": "The link to the hall is lost; it is being made again.",
    "link.lostFor": "Lost for {time}. The session goes on, and what you missed will be shown.",
    "link.kept": "{n} act of yours has no answer yet. It is kept and will be sent once.|{n} acts of yours have no answer yet. They are kept and will be sent once each.",
    "link.word.live": "connected",
    "link.word.joining": "connecting",
    "link.word.lost": "link lost, trying again",
    "link.word.signed-out": "session ended",
    "link.word.refused": "not admitted",
  },
};
