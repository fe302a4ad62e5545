/* What htmx may do under the policy of the pages: put the server's HTML into the page, and run nothing. */
(() => {
  const refuse = () => { throw new Error("Pages run no scripts from HTML.") };
  const policy = { createHTML: (text) => text, createScript: refuse };
  const trusted = window.trustedTypes ? window.trustedTypes.createPolicy("dragoman", policy) : policy;
  htmx.registerExtension("trusted", { init: (api) => api.initSecurity(trusted, refuse, refuse) });
})();
