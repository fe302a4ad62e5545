/* What pages do beyond links and forms. Everything works without it. */
document.documentElement.dataset.ready = "";
