// The calendar's page for paper: a button that opens the browser's own print dialog. Without this script the menu does.

for (const button of document.querySelectorAll('[data-print]')) {
  button.hidden = false
  button.addEventListener('click', () => window.print())
}
