package main

import (
	"reflect"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("pod_fields", func(struct{}) (any, error) {
		found := map[string][]string{}
		walk(reflect.TypeOf(corev1.PodTemplateSpec{}), "", found, nil)
		return map[string]any{"fields": found}, nil
	})
}

// walk notes the JSON names of the members of every struct below a type, by the path that leads there. Lists add no
// step, and a type inside itself is not followed.
func walk(of reflect.Type, path string, found map[string][]string, above []reflect.Type) {
	for of.Kind() == reflect.Pointer || of.Kind() == reflect.Slice {
		of = of.Elem()
	}
	if of.Kind() != reflect.Struct || strings.HasPrefix(of.PkgPath(), "k8s.io/apimachinery/") {
		return
	}
	for _, one := range above {
		if one == of {
			return
		}
	}
	names := found[path]
	for i := range of.NumField() {
		field := of.Field(i)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "" { // embedded: its members are the struct's own
			walk(field.Type, path, found, append(above, of))
			names = append(names, found[path]...)
			continue
		}
		names = append(names, name)
		walk(field.Type, strings.TrimPrefix(path+"."+name, "."), found, append(above, of))
	}
	found[path] = names
}
