/**
 * Forms that are sent before the page's modules have come: they wait for them.
 *
 * The browser would send them itself, to an address that takes no forms. What the server does take
 * so has a CSRF token in it, and needs no module. This script is no module, so that it is first.
 */
(() => {
  const waiting = new Map();

  const hold = (event) => {
    const { target: form, submitter } = event;
    if (form.getAttribute("method") === "dialog" || form.elements.csrfmiddlewaretoken) return;
    event.preventDefault();
    waiting.set(form, submitter);
  };

  document.addEventListener("submit", hold, { capture: true });
  document.addEventListener("DOMContentLoaded", () => {
    document.removeEventListener("submit", hold, { capture: true });
    for (const [form, submitter] of waiting) form.requestSubmit(submitter);
  });
})();
