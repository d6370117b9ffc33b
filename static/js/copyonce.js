/** A text that is shown once: chosen by a click, copied by its button. */

for (const button of document.querySelectorAll("[data-copies]")) {
  const text = document.getElementById(button.dataset.copies);
  text.addEventListener("focus", () => text.select());
  // Browsers offer the clipboard to pages over https and of this very machine only.
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.value);
      button.textContent = "Copied";
    } catch {
      text.focus(); // It may be copied by hand.
    }
  });
}
