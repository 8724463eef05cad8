import assert from 'node:assert/strict'
import test from 'node:test'

import { History, MOST } from '../src/desk/history.js'
import { Latest } from '../src/desk/latest.js'
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
