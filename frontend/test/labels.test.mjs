import assert from 'node:assert/strict'
import test from 'node:test'

import { fitted, wrapped } from '../src/charts/labels.js'

const measure = (text) => [...text].length // every character as wide as the other
const whole = (lines) => lines.join('').replace(/\s/g, '')

test('a name that fits stays in one line', () => {
  assert.deepEqual(fitted('X thread', 20, measure, 3), ['X thread'])
})

test('a longer one is broken between words', () => {
  assert.deepEqual(fitted('Instagram carousel · @river', 12, measure, 3), ['Instagram', 'carousel ·', '@river'])
})

test('a word that is wider than a line is broken inside, and the next one goes on in the same line', () => {
  assert.deepEqual(wrapped('abcdefgh ij', 5, measure), ['abcde', 'fgh', 'ij'])
  assert.deepEqual(wrapped('abcdef gh', 5, measure), ['abcde', 'f gh'])
})

test('what does not fit at all ends in an ellipsis inside the last line', () => {
  const lines = fitted('Facebook post · @the-river-in-the-valley (sandbox)', 10, measure, 2)
  assert.deepEqual(lines, ['Facebook', 'post ·…'])
})

test('letters of several code points are not torn', () => {
  const family = '👨‍👩‍👧'
  assert.deepEqual(wrapped(family + family, 5, measure), [family, family])
})

test('random names: no line is too wide, and nothing is lost where nothing is shortened', () => {
  let seed = 11
  const next = () => (seed = (seed * 16807) % 2147483647) / 2147483647
  for (let round = 0; round < 300; round++) {
    const words = Array.from({ length: 1 + Math.floor(next() * 7) }, () => 'w'.repeat(1 + Math.floor(next() * 15)))
    const width = 4 + Math.floor(next() * 20)
    const text = words.join(' ')
    const every = wrapped(text, width, measure)
    assert.ok(every.every((line) => measure(line) <= width), `${text} in ${width}`)
    assert.equal(whole(every), whole([text]))
    const some = fitted(text, width, measure, 3)
    assert.ok(some.length <= 3 && some.every((line) => measure(line) <= width))
    assert.equal(some.join('').includes('…'), every.length > 3)
  }
})
