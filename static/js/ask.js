/** Ask something in a dialog; resolves to whether the answer was yes. */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

/**
 * Ask in a dialog's form, and stay open until `send()` has done what was asked for.
 *
 * What it throws is said in the dialog. Resolves to what `send` returned, null for a no.
 */
export function askAndSend(dialog, send) {
  const form = dialog.querySelector("form");
  let outcome = null;
  complain(form, "");
  form.onsubmit = async (event) => {
    if (event.submitter?.value !== "yes") return;
    event.preventDefault();
    complain(form, "");
    event.submitter.disabled = true; // files may take a while to be sent
    try {
      outcome = await send();
      dialog.close();
    } catch (error) {
      complain(form, error.message);
    } finally {
      event.submitter.disabled = false;
    }
  };
  // No submit button: the Enter key presses the first of those.
  form.querySelector("[data-no]").onclick = () => dialog.close();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(outcome), { once: true });
  });
}

function complain(form, words) {
  const place = form.querySelector("[data-refusal]");
  place.textContent = words;
  place.hidden = !words;
}
