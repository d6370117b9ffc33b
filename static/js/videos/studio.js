/** The form in which an edit is asked for: cut, intro, outro, watermark, in this order. */

const find = (id) => document.getElementById(id);

/**
 * Ask what to do and have `send(form)` send it; what is refused is said in the dialog.
 *
 * Resolves to whether an edit was sent.
 */
export function askForEdit({ duration }, send) {
  const dialog = find("edit-dialog");
  const form = find("edit-form");
  let isSent = false;
  form.reset();
  complain("");
  find("cut-end").placeholder = String(duration);
  form.onsubmit = async (event) => {
    if (event.submitter?.value !== "yes") return;
    event.preventDefault();
    isSent = await attempt(event.submitter, send);
    if (isSent) dialog.close();
  };
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(isSent), { once: true });
  });
}

async function attempt(button, send) {
  const tasks = chosen();
  complain(tasks.length ? "" : "Choose what to do first.");
  if (!tasks.length) return false;
  button.disabled = true; // clips may take a while to be sent
  try {
    await send(formOf(tasks));
    return true;
  } catch (error) {
    complain(error.message);
    return false;
  } finally {
    button.disabled = false;
  }
}

function complain(words) {
  find("edit-error").textContent = words;
  find("edit-error").hidden = !words;
}

function chosen() {
  const cut = { start: find("cut-start").value.trim(), end: find("cut-end").value.trim() };
  const options = Object.fromEntries(Object.entries(cut).filter(([, value]) => value));
  const tasks = Object.keys(options).length ? [{ name: "cut", options }] : [];
  for (const id of ["intro", "outro", "watermark"]) {
    const [file] = find(id).files;
    if (file) tasks.push({ name: `add-${id}`, options: { file } });
  }
  return tasks;
}

function formOf(tasks) {
  const form = new FormData();
  tasks.forEach(({ name, options }, index) => {
    form.append(`tasks[${index}][name]`, name);
    for (const [option, value] of Object.entries(options)) {
      form.append(`tasks[${index}][options][${option}]`, value);
    }
  });
  return form;
}
