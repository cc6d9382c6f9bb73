//go:build !unix

package peers

import "time"

var begun = time.Now()

// processorTime is the time that has gone by: elsewhere it takes more to know better.
func processorTime() time.Duration { return time.Since(begun) }
