// Wagtail's autosave and the person's own "Save" do not know of each other. A draft that is on its way when a new page
// is saved was there first: the answer is "The slug is already in use", and the person's words seem refused. So a form
// whose autosave has not come back waits for it, and begins no other once it is being sent.

const FORM = 'form[data-controller~="w-autosave"]'
const ENOUGH_MS = 15_000 // an answer that never comes holds nobody up

const underWay = new Map() // form → what to do when its autosave has come back

document.addEventListener('w-autosave:save', ({ target }) => underWay.set(target, () => {}))
for (const ending of ['w-autosave:success', 'w-autosave:error']) {
  document.addEventListener(ending, ({ target }) => {
    const next = underWay.get(target)
    underWay.delete(target)
    if (next) setTimeout(next, 0) // Wagtail has a last line to go
  })
}

function send(form, submitter) {
  const off = submitter?.disabled
  if (off) submitter.disabled = false // the name of a button goes along only while it can be pressed
  form.requestSubmit(submitter)
  if (off) submitter.disabled = true
}

document.addEventListener(
  'submit',
  (event) => {
    const { target: form, submitter } = event
    if (!form.matches(FORM)) return
    form.setAttribute('data-w-autosave-active-value', 'false')
    if (!underWay.has(form)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    let pending = true
    const once = () => {
      if (!pending) return
      pending = false
      underWay.delete(form)
      send(form, submitter)
    }
    underWay.set(form, once) // pressed twice: the last one counts
    setTimeout(() => underWay.get(form) === once && once(), ENOUGH_MS)
  },
  true,
)
