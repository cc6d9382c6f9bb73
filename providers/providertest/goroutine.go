package providertest

import (
	"runtime"
	"strings"
	"testing/synctest"
)

// strays returns the stacks of the goroutines in this bubble that are not among
// those before.
func strays(before map[string]bool) []string {
	synctest.Wait()
	var left []string
	for id, stack := range goroutines() {
		if !before[id] {
			left = append(left, stack)
		}
	}
	return left
}

// existing names the goroutines of this bubble.
func existing() map[string]bool {
	ids := make(map[string]bool)
	for id := range goroutines() {
		ids[id] = true
	}
	return ids
}

// goroutines returns the stacks of the bubble's goroutines by their names.
func goroutines() map[string]string {
	buf := make([]byte, 1<<16)
	n := runtime.Stack(buf, true)
	for n == len(buf) && n < 64<<20 {
		buf = make([]byte, 2*len(buf))
		n = runtime.Stack(buf, true)
	}
	own, _, _ := strings.Cut(string(buf[:n]), "\n") // the caller's comes first
	bubble := bubbleOf(own)
	found := make(map[string]string)
	for stack := range strings.SplitSeq(string(buf[:n]), "\n\n") {
		header, _, _ := strings.Cut(stack, "\n")
		if bubbleOf(header) == bubble {
			id, _, _ := strings.Cut(header, " [")
			found[id] = stack
		}
	}
	return found
}

// bubbleOf returns the name of a goroutine's bubble, from the first line of its
// stack: "goroutine 7 [select, synctest bubble 3]:".
func bubbleOf(header string) string {
	_, bubble, _ := strings.Cut(header, "synctest bubble ")
	return strings.TrimRight(bubble, "]:")
}
