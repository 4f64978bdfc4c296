// Words of a command that can be copied.

export default {
  "zh-CN": {
    "command.copy": "复制",
    "command.copy.label": "复制命令：{label}",
    "command.copied": "命令已复制",
    "command.byHand": "浏览器不允许复制，请选中后手动复制。",
  },
  en: {
    "command.copy": "Copy",
    "command.copy.label": "Copy the command: {label}",
    "command.copied": "Command copied",
    "command.byHand": "The browser does not allow copying; select it and copy by hand.",
  },
};
