package cache

// Stats is what a Memory holds and what it has done since it was made.
type Stats struct {
	// Entries and Bytes are what is held now; see Memory.Len and Memory.Bytes.
	Entries int
	Bytes   int64
	// Hits and Misses count what Get found and did not find. Calls refused for
	// their context and calls after Close count as neither.
	Hits, Misses uint64
	// Evictions counts entries removed before their time to make room.
	Evictions uint64
	// Expired counts entries freed because their time had passed.
	Expired uint64
	// Refused counts entries that Set did not store because they are larger
	// than a shard.
	Refused uint64
}

// Stats adds up the shards one after the other, so that under concurrent use its
// parts may be of slightly different moments.
func (m *Memory) Stats() Stats {
	var sum Stats
	for i := range m.shards {
		m.shards[i].addTo(&sum)
	}
	return sum
}
