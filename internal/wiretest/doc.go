// Package wiretest is for the tests of the provider adapters: a network in
// memory, the replay of recorded exchanges, and the check that no secret is
// shown. What is shipped does not import it.
package wiretest
