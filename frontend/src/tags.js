// Wagtail's field of tags hides the labelled input and builds another without a name. People who hear the page get it back.

function name() {
  for (const field of document.querySelectorAll('.tagit-new input:not([aria-label])')) {
    const hidden = field.closest('.tagit').parentElement.querySelector('[data-controller~="w-tag"]')
    field.setAttribute('aria-label', hidden?.labels?.[0]?.textContent.trim() || 'Tags')
  }
}

new MutationObserver(name).observe(document.documentElement, { childList: true, subtree: true })
name()
