package mocks

import (
	"bytes"
	"slices"
	"time"

	"github.com/finbrain/ai"
)

// Call is one call that an Analyzer received.
type Call struct {
	// Request is a copy of what was asked; nil when that was nil.
	Request *ai.Request
	// Deadline is that of the call's context; zero when it had none.
	Deadline time.Time
}

// cloneRequest returns a deep copy.
func cloneRequest(req *ai.Request) *ai.Request {
	if req == nil {
		return nil
	}
	c := *req
	c.History = slices.Clone(req.History)
	for i := range c.History {
		c.History[i].Images = cloneImages(c.History[i].Images)
	}
	c.Images = cloneImages(req.Images)
	c.Inputs = slices.Clone(req.Inputs)
	c.Stop = slices.Clone(req.Stop)
	c.Temperature = clonePointer(req.Temperature)
	c.Seed = clonePointer(req.Seed)
	c.Fallback = clonePointer(req.Fallback)
	if c.Fallback != nil {
		c.Fallback.Order = slices.Clone(c.Fallback.Order)
	}
	return &c
}

func cloneImages(images []ai.Image) []ai.Image {
	images = slices.Clone(images)
	for i := range images {
		images[i].Data = bytes.Clone(images[i].Data)
	}
	return images
}

func clonePointer[T any](p *T) *T {
	if p == nil {
		return nil
	}
	return new(*p)
}
