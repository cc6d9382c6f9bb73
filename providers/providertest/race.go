//go:build race

package providertest

// racing is true under the race detector, which makes answers without an end
// ten times as slow to read and finds nothing in them.
const racing = true
