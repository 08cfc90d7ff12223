// The keys written on the buttons press them.
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select") || event.ctrlKey || event.metaKey || event.altKey) return;
  const form = document.querySelector(`form[data-key="${CSS.escape(event.key)}"]`);
  if (form) {
    event.preventDefault();
    form.querySelector("button").click();
  }
});
