//go:build !race

package providertest

const racing = false
