import assert from 'node:assert/strict'
import test from 'node:test'

import { History, MOST } from '../src/desk/history.js'
import { Latest } from '../src/desk/latest.js'
import { isOutside, lies, trouble } from '../src/desk/span.js'
import { codePoints, countWords, placeInTrimmed, rearranged } from '../src/desk/text.js'

test('a place in a text is counted in code points, as the server does', () => {
  assert.equal(codePoints('abc', 2), 2)
  assert.equal(codePoints('a👍b', 3), 2)
  assert.equal(codePoints('👨‍👩‍👧 x', '👨‍👩‍👧'.length), 5)
  assert.equal(codePoints('a\r\nb', 3), 2)
})

test('a place is counted from where the trimmed text begins', () => {
  assert.equal(placeInTrimmed('  abc', 4), 2)
  assert.equal(placeInTrimmed('  abc', 1), 0)
  assert.equal(placeInTrimmed('abc  ', 3), 3)
})

test('words of a counter', () => {
  assert.equal(countWords({ count: 12, limit: 280, unit: 'characters', over: 0 }), '12 / 280 characters')
  assert.equal(countWords({ count: 282, limit: 280, unit: 'characters', over: 2 }), '282 / 280 characters: 2 too many')
})

test('a passage that cannot be used names the field to mend', () => {
  const good = { start: 4, end: 12, cover: 5, whole: 90, longest: 60, shortest: 3 }
  const field = (changes) => trouble({ ...good, ...changes })?.field ?? null
  assert.equal(field({}), null)
  assert.equal(field({ cover: null }), null)
  assert.equal(field({ cover: 12 }), null)
  assert.equal(field({ start: -1 }), 'start')
  assert.equal(field({ start: 80, end: 91, cover: null }), 'end')
  assert.equal(field({ start: 80, end: 90, cover: null }), null)
  assert.equal(field({ end: 4 }), 'end')
  assert.equal(field({ end: 64.2, cover: null }), 'end')
  assert.equal(field({ end: 6 }), 'end')
  assert.equal(field({ cover: 30 }), 'cover')
  assert.equal(field({ cover: 3.9 }), 'cover')
  assert.match(trouble({ ...good, cover: 90 }).words, /at 1:30\.0, is not in the passage/)
  assert.equal(isOutside(null, 4, 12), false)
})

test('a sentence is in a passage, torn by it, or outside', () => {
  const how = (...times) => lies(times, 4, 12)
  assert.equal(how(4, 12), 'in')
  assert.equal(how(3, 5), 'torn')
  assert.equal(how(11, 13), 'torn')
  assert.equal(how(1, 4), '')
  assert.equal(how(12, 14), '')
})

test('rearranged means other ids or another order', () => {
  assert.equal(rearranged(['a', 'b'], ['a', 'b']), false)
  assert.equal(rearranged(['a', 'b'], ['b', 'a']), true)
  assert.equal(rearranged(['a'], ['a', 'b']), true)
})

test('history gives back copies, newest first, and forgets the oldest', () => {
  const history = new History()
  const state = [{ id: 'a', value: { text: 'one' } }]
  history.push(state)
  state[0].value.text = 'two'
  for (let n = 0; n < MOST; n += 1) history.push([n])
  assert.deepEqual(history.pop(), [MOST - 1])
  for (let n = MOST - 2; n >= 0; n -= 1) history.pop()
  assert.equal(history.pop(), null)
  history.push([1])
  assert.equal(history.empty, false)
})

function questions() {
  const open = []
  const ask = (signal) => new Promise((done) => open.push({ done, signal }))
  return { open, ask }
}

test('the last answer wins, in whatever order answers come', async () => {
  const { open, ask } = questions()
  const heard = []
  const latest = new Latest({ ask, answered: (answer) => heard.push(answer) })
  const both = [latest.now(), latest.now()]
  assert.equal(open[0].signal.aborted, true)
  open[1].done('new')
  open[0].done('old')
  await Promise.all(both)
  assert.deepEqual(heard, ['new'])
})

test('many reasons to ask soon are one question', () => {
  let due = null
  const { open, ask } = questions()
  const latest = new Latest({ ask, answered() {}, later: (what) => (due = what), never: () => (due = null) })
  latest.soon()
  latest.soon()
  latest.soon()
  assert.equal(open.length, 0)
  due()
  assert.equal(open.length, 1)
})

test('a failure is told once, and not when it was overtaken', async () => {
  const told = []
  const latest = new Latest({
    ask: (signal, name) => Promise.reject(new Error(name)),
    answered() {},
    failed: (error) => told.push(error.message),
  })
  await Promise.all([latest.now('old'), latest.now('new')])
  assert.deepEqual(told, ['new'])
})
