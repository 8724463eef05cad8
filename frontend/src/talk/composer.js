// While somebody writes an answer: how long it is as the network counts, and who else is writing one.
// The server counts, so that there is one way of counting. Without this script "Check" says the same.

const WAIT_MS = 600
const AGAIN_MS = 25_000 // so long as somebody types, colleagues see it

export function startComposer(form) {
  const field = form.querySelector('[data-answer]')
  const length = form.querySelector('[data-length]')
  const writing = document.querySelector('[data-writing]')
  if (!field || !length || !writing) return
  keepDraft(form, field)
  let timer
  let asked = 0
  const ask = async () => {
    const mine = ++asked
    const body = new FormData()
    body.set('text', field.value)
    body.set('to', form.elements.to?.value ?? '')
    body.set('csrfmiddlewaretoken', form.elements.csrfmiddlewaretoken.value)
    let told
    try {
      const answer = await fetch(form.dataset.writingUrl, { method: 'POST', body, credentials: 'same-origin' })
      if (!answer.ok) return
      told = await answer.json()
    } catch {
      return
    }
    if (mine !== asked) return // a newer answer comes
    length.textContent = told.length
    length.classList.toggle('is-over', told.over)
    if (writing.textContent !== told.others) {
      writing.textContent = told.others
      writing.hidden = !told.others
    }
  }
  if (form.elements.to) form.elements.to.addEventListener('change', ask)
  let last = 0
  field.addEventListener('input', () => {
    clearTimeout(timer)
    timer = setTimeout(() => {
      last = Date.now()
      ask()
    }, WAIT_MS)
    if (Date.now() - last > AGAIN_MS) {
      last = Date.now()
      ask()
    }
  })
}

// Other forms of the page, a key or a reload would throw away what is being written: it is kept in this tab until it is sent.
function keepDraft(form, field) {
  const name = `hustings-answer-${form.dataset.writingUrl}`
  try {
    const kept = sessionStorage.getItem(name)
    if (kept && !field.value) field.value = kept
    else if (kept) sessionStorage.removeItem(name) // the server has shown the words again
    field.addEventListener('input', () => (field.value ? sessionStorage.setItem(name, field.value) : sessionStorage.removeItem(name)))
    form.addEventListener('submit', () => sessionStorage.removeItem(name))
  } catch {
    // without storage it is as it was
  }
}
