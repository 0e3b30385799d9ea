package operation

import (
	"runtime/debug"
	"strings"
)

func init() {
	Register("modules", func(struct{}) (any, error) { return map[string]any{"modules": Modules()}, nil })
}

// Modules gives the version of every Kubernetes module this program was built from.
func Modules() map[string]string {
	modules := map[string]string{}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return modules
	}
	for _, module := range info.Deps {
		if !strings.HasPrefix(module.Path, "k8s.io/") && !strings.HasPrefix(module.Path, "sigs.k8s.io/") {
			continue
		}
		used := module
		if module.Replace != nil {
			used = module.Replace
		}
		modules[module.Path] = used.Version
	}
	return modules
}
