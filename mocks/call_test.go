package mocks

import (
	"context"
	"reflect"
	"testing"
	"time"

	"github.com/finbrain/ai"
)

// fill gives every field of a value something, so that nothing is left nil.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range v.Len() {
			fill(v.Index(i))
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.String:
		v.SetString("x")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Uint8:
		v.SetUint(1)
	case reflect.Float64:
		v.SetFloat(1)
	default:
		panic("a Request has a field of kind " + v.Kind().String() + ": teach cloneRequest and this test")
	}
}

// shared names the places at which two values point to the same memory.
func shared(path string, a, b reflect.Value) []string {
	var found []string
	switch a.Kind() {
	case reflect.Struct:
		for i := range a.NumField() {
			found = append(found, shared(path+"."+a.Type().Field(i).Name, a.Field(i), b.Field(i))...)
		}
	case reflect.Slice:
		if a.Pointer() == b.Pointer() {
			return []string{path}
		}
		for i := range a.Len() {
			found = append(found, shared(path+"[]", a.Index(i), b.Index(i))...)
		}
	case reflect.Pointer:
		if a.Pointer() == b.Pointer() {
			return []string{path}
		}
		found = shared(path, a.Elem(), b.Elem())
	}
	return found
}

func TestARecordedRequestSharesNothingWithTheCallers(t *testing.T) {
	req := new(ai.Request)
	fill(reflect.ValueOf(req).Elem())
	c := cloneRequest(req)
	if !reflect.DeepEqual(req, c) {
		t.Errorf("copy differs: %+v", c)
	}
	if at := shared("Request", reflect.ValueOf(*req), reflect.ValueOf(*c)); len(at) > 0 {
		t.Errorf("shared: %v", at)
	}
}

func TestRecordedCallsAreTheCallersAlone(t *testing.T) {
	m := NewAnalyzer(t).Do(func(_ context.Context, req *ai.Request) (*ai.Response, error) {
		req.Inputs[0] = "changed in Do"
		return &ai.Response{Embeddings: [][]float32{{1}}}, nil
	})
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	req := ai.Embedding("debt")
	if _, err := m.Analyze(ctx, req); err != nil {
		t.Fatal(err)
	}
	if req.Inputs[0] != "debt" {
		t.Error("Do changed the caller's request")
	}
	req.Inputs[0] = "changed after"
	m.Calls()[0].Request.Inputs[0] = "changed in a copy"
	if c := m.Calls()[0]; c.Request.Inputs[0] != "debt" || !c.Deadline.Equal(deadline) {
		t.Errorf("recorded %+v, deadline %v", c.Request, c.Deadline)
	}
}
