/** Files that are chosen in the form `send`, or dropped anywhere on the page. */

/** Have `send(files)` called with what is chosen or dropped. */
export function offerFiles(send) {
  const form = document.getElementById("send");
  form.addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("files").addEventListener("change", ({ target }) => {
    send([...target.files]);
    target.value = "";
  });
  addEventListener("dragover", (event) => {
    event.preventDefault();
    document.body.classList.add("is-dropping");
  });
  addEventListener("dragleave", ({ relatedTarget }) => {
    if (!relatedTarget) document.body.classList.remove("is-dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    document.body.classList.remove("is-dropping");
    send([...event.dataTransfer.files]);
  });
}
