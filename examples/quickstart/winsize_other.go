//go:build !linux && !darwin

package main

import "os"

// terminalWidth reports whether f is a terminal, whose columns are not known
// here.
func terminalWidth(f *os.File) (columns int, terminal bool) {
	info, err := f.Stat()
	return 0, err == nil && info.Mode()&os.ModeCharDevice != 0
}
