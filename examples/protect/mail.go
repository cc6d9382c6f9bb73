package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/smtp"
	"net/textproto"
)

// mail sends analysts their digest by SMTP. What cannot be sent waits in an
// outbox.
type mail struct {
	net    *network
	outbox int
}

func newMail(o *office) (*service, error) {
	fake := &switches{}
	m := &mail{net: o.serveSMTP(fake)}
	return &service{breaker: o.breakers.Breaker("e-mail"), full: m.all, limited: m.one, instead: m.keep, switches: fake}, nil
}

// send delivers one message. It ends with its context, which net/smtp does not
// know.
func (m *mail) send(ctx context.Context, to, text string) error {
	conn, err := m.net.dial(ctx)
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = conn.Close() })
	defer stop()
	client, err := smtp.NewClient(conn, "localhost")
	if err != nil {
		_ = conn.Close()
		return replyError(err)
	}
	defer func() { _ = client.Close() }()
	if err := converse(client, to, text); err != nil {
		return replyError(err)
	}
	return nil
}

func converse(client *smtp.Client, to, text string) error {
	if err := client.Mail("desk@finbrain.test"); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := io.WriteString(w, text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	return client.Quit()
}

// replyError says what a server replied. A 5xx is our own fault, a 4xx passes
// (RFC 5321, 4.2.1).
func replyError(err error) error {
	reply, ok := errors.AsType[*textproto.Error](err)
	switch {
	case !ok:
		return err
	case reply.Code >= 500:
		return fmt.Errorf("%w with reply %d", errRejected, reply.Code)
	default:
		return fmt.Errorf("reply %d", reply.Code)
	}
}

func (m *mail) all(ctx context.Context) (string, error) {
	for _, to := range []string{"ada@fund.test", "ben@fund.test"} {
		if err := m.send(ctx, to, "Subject: Digest\r\n\r\nTwo filings were reviewed.\r\n"); err != nil {
			return "", err
		}
	}
	if m.outbox == 0 {
		return "sent the digest to two analysts", nil
	}
	waited := m.outbox
	for ; m.outbox > 0; m.outbox-- {
		if err := m.send(ctx, "ada@fund.test", "Subject: Earlier digest\r\n\r\nOne filing was reviewed.\r\n"); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("sent the digest to two analysts, and %d from the outbox", waited), nil
}

func (m *mail) one(ctx context.Context) (string, error) {
	return "sent one short notice", m.send(ctx, "ada@fund.test", "Subject: Digest follows\r\n\r\nSoon.\r\n")
}

func (m *mail) keep() string {
	m.outbox++
	return "put the digest in the outbox, without a call"
}
