package ai_test

import (
	"reflect"
	"testing"

	"github.com/finbrain/ai"
)

func TestACloneSharesNothingWithItsOriginal(t *testing.T) {
	req, resp := new(ai.Request), new(ai.Response)
	fill(reflect.ValueOf(req).Elem())
	fill(reflect.ValueOf(resp).Elem())
	for _, pair := range [][2]any{{req, req.Clone()}, {resp, resp.Clone()}} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("the copy differs: %+v", pair[1])
		}
		if at := shared("", reflect.ValueOf(pair[0]), reflect.ValueOf(pair[1])); len(at) > 0 {
			t.Errorf("%T shares %v with its copy", pair[0], at)
		}
	}
	if (*ai.Request)(nil).Clone() != nil || (*ai.Response)(nil).Clone() != nil {
		t.Error("a nil value has a copy")
	}
}

// fill gives every field of a value something, so that nothing is left nil.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field)
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
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	default:
		panic("a field of kind " + v.Kind().String() + ": teach Clone and this test")
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
