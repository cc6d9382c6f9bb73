// Package fallback tries steps in order until one of them answers.
//
// It knows nothing of AI: a step is any way to get a T for a call C. What the
// package adds is the discipline that makes a fallback worth having:
//
//   - Time. A step that hangs must not use up the caller's deadline while
//     another could still answer. Each step that takes time gets a share of
//     what is left, and instant steps (a cache, a constant) have a little
//     reserved for them.
//   - Reasons. Why each earlier step was left is kept, in order, so that the
//     caller can say who answered and why it was not the first.
//   - Restraint. After the caller's context has ended nothing more is tried,
//     and an error that no other step could mend ends the search.
//
// # The share of the deadline
//
// With k timed steps behind it that could be called, a step may use 3/(2k+3)
// of the time left: all of it as the last, 60 % before one other, 43 % before
// two. A step that fails quickly leaves the rest to those behind it.
package fallback
