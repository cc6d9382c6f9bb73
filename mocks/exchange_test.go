package mocks

import (
	"net/http"
	"testing"
)

func TestTheLatestCallsAreKeptWithinTheLimit(t *testing.T) {
	var l exchangeLog
	const calls, body = 40, 2 << 20
	for range calls {
		l.add(&Exchange{Header: http.Header{}, Body: make([]byte, body)})
	}
	kept := l.copies()
	if n := len(kept); n == 0 || n*(body+exchangeBytes) > maxLogBytes || (n+1)*(body+exchangeBytes) <= maxLogBytes {
		t.Errorf("%d calls kept", n)
	}
	if l.total() != calls {
		t.Errorf("%d calls counted", l.total())
	}
	l.add(&Exchange{Path: "/huge", Body: make([]byte, maxLogBytes)})
	if kept := l.copies(); len(kept) != 1 || kept[0].Path != "/huge" {
		t.Errorf("%d calls kept beside a huge one", len(kept)-1)
	}
}

func TestKeptCallsAreTheServersAlone(t *testing.T) {
	var l exchangeLog
	l.add(&Exchange{Header: http.Header{"A": {"b"}}, Body: []byte("body")})
	c := l.copies()[0]
	c.Header.Set("A", "changed")
	c.Body[0] = 'B'
	if c := l.copies()[0]; c.Header.Get("A") != "b" || string(c.Body) != "body" {
		t.Errorf("%+v", c)
	}
}
