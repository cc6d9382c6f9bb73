package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
)

// webhook tells a customer's server of new reviews. What it missed is sent
// later with the rest.
type webhook struct {
	client *http.Client
	missed []event
}

type event struct {
	Name    string `json:"name"`
	Company string `json:"company,omitempty"`
}

func newWebhook(o *office) (*service, error) {
	fake := &switches{}
	h := &webhook{client: o.serveHTTP(func(w http.ResponseWriter, r *http.Request) {
		var events []event
		switch {
		case fake.failing():
			http.Error(w, "", http.StatusBadGateway)
		case json.NewDecoder(r.Body).Decode(&events) != nil || len(events) == 0:
			http.Error(w, "", http.StatusUnprocessableEntity)
		}
	})}
	return &service{breaker: o.breakers.Breaker("webhook"), full: h.all, limited: h.ping, instead: h.keep, switches: fake}, nil
}

// deliver posts events.
func (h *webhook) deliver(ctx context.Context, events []event) error {
	body, err := json.Marshal(events)
	if err != nil {
		return err
	}
	return send(ctx, h.client, http.MethodPost, "http://customer.test/hook", body)
}

var reviewed = event{Name: "reviewed", Company: "Tarnbrook Foods"}

func (h *webhook) all(ctx context.Context) (string, error) {
	if err := h.deliver(ctx, slices.Concat(h.missed, []event{reviewed})); err != nil {
		return "", err
	}
	missed := len(h.missed)
	h.missed = nil
	if missed == 0 {
		return "delivered the event", nil
	}
	return fmt.Sprintf("delivered the event, and %d missed before", missed), nil
}

func (h *webhook) ping(ctx context.Context) (string, error) {
	return "delivered a ping", h.deliver(ctx, []event{{Name: "ping"}})
}

func (h *webhook) keep() string {
	h.missed = append(h.missed, reviewed)
	return "noted the event for later, without a call"
}
