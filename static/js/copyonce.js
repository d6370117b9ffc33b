/** A text that is shown once: chosen by a click, copied by the button that names it. */

/** Let the buttons within `place` copy the fields that they name by `data-copies`. */
export function offerCopies(place) {
  for (const button of place.querySelectorAll("[data-copies]")) {
    const text = place.querySelector(`#${button.dataset.copies}`);
    text.addEventListener("focus", () => text.select());
    // Browsers offer the clipboard to pages over https and of this very machine only.
    button.hidden = !navigator.clipboard;
    button.addEventListener("click", () => copy(text, button));
  }
}

async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text.value);
    button.textContent = "Copied";
  } catch {
    text.select(); // The browser was told not to: the hand can still copy it.
  }
}

offerCopies(document);
