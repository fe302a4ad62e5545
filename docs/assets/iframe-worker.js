// Browsers start no worker from a folder (file:), so the search of a site that was opened there runs in a hidden frame.
// What a worker has and search uses is given to the frame: messages both ways, and importScripts.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      this.frame = document.createElement("iframe");
      this.frame.hidden = true;
      this.loaded = new Promise((resolve) => (this.isLoaded = resolve));
      document.body.append(this.frame);
      this.frame.contentDocument.open(); // or Firefox puts another, empty document in its place a moment later
      this.frame.contentDocument.write("<!doctype html><body>");
      this.frame.contentDocument.close();
      const inside = this.frame.contentWindow;
      inside.postMessage = (data) => this.dispatchEvent(new MessageEvent("message", { data }));
      inside.importScripts = (...urls) => urls.reduce((before, each) => before.then(() => this.run(each)), Promise.resolve());
      this.run(url).then(this.isLoaded);
    }

    run(url) {
      return new Promise((resolve, reject) => {
        const script = this.frame.contentDocument.createElement("script");
        script.src = new URL(url, this.base || location.href).href;
        script.async = false;
        script.onload = resolve;
        script.onerror = () => reject(new Error(`${script.src} can't be loaded`));
        this.base = this.base || script.src;
        this.frame.contentDocument.body.append(script);
      });
    }

    postMessage(data) {
      this.loaded.then(() => this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data })));
    }

    terminate() {
      this.frame.remove();
    }
  };
}
