// Package aiprom shows a Client to Prometheus.
//
//	metrics, err := aiprom.New(aiprom.Config{})
//	client, err := ai.New(ai.WithProvider("openai", provider), ai.WithObserver(metrics))
//	err = metrics.Watch(client)
//	registry.MustRegister(metrics)
//
// The package is called aiprom although its folder is called prometheus:
// whoever imports it imports client_golang's package of that name, too.
package aiprom
