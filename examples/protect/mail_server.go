package main

import (
	"net/textproto"
	"strings"
	"sync"
)

// serveSMTP runs a mail server that knows just enough of RFC 5321 for
// net/smtp, and delivers nothing.
func (o *office) serveSMTP(fake *switches) *network {
	n := newNetwork()
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := n.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				c := textproto.NewConn(conn)
				defer func() { _ = c.Close() }()
				session(c, fake)
			})
		}
	})
	o.closers = append(o.closers, func() error {
		err := n.Close()
		running.Wait()
		return err
	})
	return n
}

// session speaks with one client until it quits or goes away.
func session(c *textproto.Conn, fake *switches) {
	greeting := "220 mail.test"
	if fake.failing() {
		greeting = "421 come back later"
	}
	if c.PrintfLine("%s", greeting) != nil || strings.HasPrefix(greeting, "4") {
		return
	}
	for {
		line, err := c.ReadLine()
		if err != nil {
			return
		}
		reply := "250 done"
		switch verb, _, _ := strings.Cut(strings.ToUpper(line), " "); verb {
		case "RCPT":
			if !strings.Contains(line, "@fund.test>") {
				reply = "550 no such user"
			}
		case "DATA":
			if c.PrintfLine("354 go on") != nil {
				return
			}
			if _, err := c.ReadDotLines(); err != nil {
				return
			}
		case "QUIT":
			_ = c.PrintfLine("221 bye") // nobody waits for more
			return
		}
		if c.PrintfLine("%s", reply) != nil {
			return
		}
	}
}
