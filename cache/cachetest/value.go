package cachetest

import (
	"bytes"
	"strings"
)

// valueChecks are about what goes in and what comes out.
var valueChecks = []check{
	{"WhatWasStoredIsFound", func(s subject) {
		s.put("a", []byte("one"), ample)
		s.put("b", []byte("two"), ample)
		s.want("a", []byte("one"))
		s.want("b", []byte("two"))
	}},
	{"WhatWasNotStoredIsAMiss", func(s subject) {
		s.wantMiss("absent")
		s.put("a", []byte("one"), ample)
		s.wantMiss("absent")
		s.wantMiss("A")
		s.wantMiss("a ")
		s.wantMiss("")
	}},
	{"AnEmptyValueIsAValue", func(s subject) {
		s.put("empty", []byte{}, ample)
		s.put("nil", nil, ample)
		s.want("empty", []byte{})
		s.want("nil", []byte{})
	}},
	{"KeysAndValuesAreArbitraryBytes", func(s subject) {
		every := make([]byte, 256)
		for i := range every {
			every[i] = byte(i)
		}
		keys := []string{"", "\x00", "\x00\x00", "a\x00b", "a", "\xff\xfe", "a b\r\nc", "ключ", string(every), strings.Repeat("k", 4096)}
		for i, key := range keys {
			s.put(key, append([]byte{byte(i)}, every...), ample)
		}
		for i, key := range keys {
			s.want(key, append([]byte{byte(i)}, every...))
		}
	}},
	{"AValueOf100KBComesBackWhole", func(s subject) {
		value := bytes.Repeat([]byte("0123456789"), 10_000)
		s.put("large", value, ample)
		s.want("large", value)
	}},
	{"ANewValueTakesThePlaceOfTheOld", func(s subject) {
		for _, value := range []string{"short", "a good deal longer than before", "", "short again"} {
			s.put("a", []byte(value), ample)
			s.want("a", []byte(value))
		}
	}},
	{"WhatWasDeletedIsAMiss", func(s subject) {
		s.put("a", []byte("one"), ample)
		s.put("b", []byte("two"), ample)
		s.remove("a")
		s.wantMiss("a")
		s.want("b", []byte("two"))
		s.remove("a")
		s.remove("never stored")
		s.put("a", []byte("three"), ample)
		s.want("a", []byte("three"))
	}},
	{"AStoredValueIsNotTheCallersSlice", func(s subject) {
		value := []byte("original")
		s.put("a", value, ample)
		copy(value, "CHANGED!")
		s.want("a", []byte("original"))
	}},
	{"EveryGetReturnsItsOwnCopy", func(s subject) {
		s.put("a", []byte("original"), ample)
		one, two := s.want("a", []byte("original")), s.want("a", []byte("original"))
		copy(one, "CHANGED!")
		if !bytes.Equal(two, []byte("original")) {
			s.errorf("changing what one Get returned changed what another had returned: %q", two)
		}
		_ = append(two[:0], "OVERWRITTEN"...)
		s.want("a", []byte("original"))
	}},
}
