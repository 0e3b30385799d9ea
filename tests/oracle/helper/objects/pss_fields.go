package main

import (
	"regexp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"k8s.io/pod-security-admission/policy"

	"seawall.test/oracle/operation"
)

// The upstream checks say which containers or volumes are at fault, not which fields. Here the field paths are found by
// asking the same check again about pods in which one restricted field alone is left as it was: a path is at fault if
// the check refuses the pod that has nothing but that field. Which fields a check restricts is its documented list.
// The operating system and the user namespace setting, which exempt whole pods, are always kept.

// probe is a pod that holds one restricted field.
type probe struct {
	path *field.Path
	meta metav1.ObjectMeta
	spec corev1.PodSpec
}

type prober func(*metav1.ObjectMeta, *corev1.PodSpec) []probe

// A group of probes speaks only if no group before it found a fault, as upstream reports what a pod leaves unset only
// where nothing is set wrongly.
var probers = map[policy.CheckID][]prober{
	"allowPrivilegeEscalation": {containerField("allowPrivilegeEscalation", func(from, to *corev1.SecurityContext) bool {
		to.AllowPrivilegeEscalation = from.AllowPrivilegeEscalation
		return true
	})},
	"appArmorProfile": {all(
		annotations(func(key string) bool {
			return strings.HasPrefix(key, corev1.DeprecatedAppArmorBetaContainerAnnotationKeyPrefix)
		}),
		podField("appArmorProfile.type", func(from, to *corev1.PodSecurityContext) bool {
			to.AppArmorProfile = from.AppArmorProfile
			return from.AppArmorProfile != nil
		}),
		containerField("appArmorProfile.type", func(from, to *corev1.SecurityContext) bool {
			to.AppArmorProfile = from.AppArmorProfile
			return from.AppArmorProfile != nil
		}),
	)},
	"capabilities_baseline": {containerField("capabilities.add", addedCapabilities)},
	"capabilities_restricted": {all(
		containerField("capabilities.drop", func(from, to *corev1.SecurityContext) bool {
			to.Capabilities = &corev1.Capabilities{}
			if from.Capabilities != nil {
				to.Capabilities.Drop = from.Capabilities.Drop
			}
			return true
		}),
		containerField("capabilities.add", addedCapabilities),
	)},
	"hostNamespaces":             {hostNamespaces},
	"hostPathVolumes":            {hostPaths},
	"hostPorts":                  {hostPorts},
	"hostProbesAndHostLifecycle": {handlerHosts},
	"privileged": {containerField("privileged", func(from, to *corev1.SecurityContext) bool {
		to.Privileged = from.Privileged
		return from.Privileged != nil
	})},
	"procMount":            {procMounts},
	"procMount_restricted": {procMounts},
	"restrictedVolumes":    {volumes},
	"runAsNonRoot": {
		all(
			podField("runAsNonRoot", func(from, to *corev1.PodSecurityContext) bool {
				to.RunAsNonRoot = from.RunAsNonRoot
				return from.RunAsNonRoot != nil
			}),
			containerField("runAsNonRoot", func(from, to *corev1.SecurityContext) bool {
				to.RunAsNonRoot = from.RunAsNonRoot
				return from.RunAsNonRoot != nil
			}),
		),
		inherited("runAsNonRoot",
			func(own *corev1.SecurityContext) bool { return own.RunAsNonRoot != nil },
			func(from, to *corev1.PodSecurityContext) { to.RunAsNonRoot = from.RunAsNonRoot }),
	},
	"runAsUser": {all(
		podField("runAsUser", func(from, to *corev1.PodSecurityContext) bool {
			to.RunAsUser = from.RunAsUser
			return from.RunAsUser != nil
		}),
		containerField("runAsUser", func(from, to *corev1.SecurityContext) bool {
			to.RunAsUser = from.RunAsUser
			return from.RunAsUser != nil
		}),
	)},
	"seLinuxOptions": {seLinuxOptions},
	"seccompProfile_baseline": {all(
		annotations(func(key string) bool {
			return key == corev1.SeccompPodAnnotationKey || strings.HasPrefix(key, corev1.SeccompContainerAnnotationKeyPrefix)
		}),
		seccompProfiles,
	)},
	"seccompProfile_restricted": {
		seccompProfiles,
		inherited("seccompProfile.type",
			func(own *corev1.SecurityContext) bool { return own.SeccompProfile != nil },
			func(from, to *corev1.PodSecurityContext) { to.SeccompProfile = from.SeccompProfile }),
	},
	"sysctls":            {sysctls},
	"windowsHostProcess": {hostProcess},
}

// failingFields gives the sorted paths at fault in a pod that the check refuses.
func failingFields(check *revision, meta *metav1.ObjectMeta, spec *corev1.PodSpec) ([]string, error) {
	groups, known := probers[check.id]
	if !known {
		return nil, operation.Fault("no fields are known for check %q: it is new upstream", check.id)
	}
	for _, group := range groups {
		var fields []string
		for _, probe := range group(meta, spec) {
			probe.spec.OS, probe.spec.HostUsers = spec.OS, spec.HostUsers
			if result := check.judge(&probe.meta, &probe.spec); !result.Allowed {
				fields = append(fields, refine(check.id, probe.path, result).String())
			}
		}
		if len(fields) > 0 {
			slices.Sort(fields)
			return slices.Compact(fields), nil
		}
	}
	return nil, operation.Fault("check %q refuses the pod, yet none of its fields alone is refused", check.id)
}

var volumeType = regexp.MustCompile(`uses restricted volume type "(\w+)"$`)

// refine adds the type of a refused volume, which upstream names, to the volume's path.
func refine(id policy.CheckID, path *field.Path, result policy.CheckResult) *field.Path {
	if id == "restrictedVolumes" {
		if found := volumeType.FindStringSubmatch(result.ForbiddenDetail); found != nil && found[1] != "unknown" {
			return path.Child(found[1])
		}
	}
	return path
}

func all(probers ...prober) prober {
	return func(meta *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
		for _, each := range probers {
			probes = append(probes, each(meta, spec)...)
		}
		return probes
	}
}

// place is a container and where it stands.
type place struct {
	path      *field.Path
	container *corev1.Container
	// with returns a spec that holds container alone, in the same list.
	with func(container corev1.Container) corev1.PodSpec
}

func places(spec *corev1.PodSpec) (found []place) {
	root := field.NewPath("spec")
	for i := range spec.InitContainers {
		found = append(found, place{root.Child("initContainers").Index(i), &spec.InitContainers[i],
			func(c corev1.Container) corev1.PodSpec { return corev1.PodSpec{InitContainers: []corev1.Container{c}} }})
	}
	for i := range spec.Containers {
		found = append(found, place{root.Child("containers").Index(i), &spec.Containers[i],
			func(c corev1.Container) corev1.PodSpec { return corev1.PodSpec{Containers: []corev1.Container{c}} }})
	}
	for i := range spec.EphemeralContainers {
		common := (*corev1.Container)(&spec.EphemeralContainers[i].EphemeralContainerCommon)
		found = append(found, place{root.Child("ephemeralContainers").Index(i), common,
			func(c corev1.Container) corev1.PodSpec {
				return corev1.PodSpec{EphemeralContainers: []corev1.EphemeralContainer{
					{EphemeralContainerCommon: corev1.EphemeralContainerCommon(c)},
				}}
			}})
	}
	return found
}

func child(path *field.Path, dotted string) *field.Path {
	for _, name := range strings.Split(dotted, ".") {
		path = path.Child(name)
	}
	return path
}

// containerField probes a field of every container's security context. Keep copies it and tells whether to ask.
func containerField(dotted string, keep func(from, to *corev1.SecurityContext) bool) prober {
	return func(_ *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
		for _, place := range places(spec) {
			from, to := place.container.SecurityContext, &corev1.SecurityContext{}
			if from == nil {
				from = &corev1.SecurityContext{}
			}
			if keep(from, to) {
				alone := corev1.Container{Name: place.container.Name, SecurityContext: to}
				path := child(place.path.Child("securityContext"), dotted)
				probes = append(probes, probe{path: path, spec: place.with(alone)})
			}
		}
		return probes
	}
}

// podField probes a field of the pod's security context in a pod without containers.
func podField(dotted string, keep func(from, to *corev1.PodSecurityContext) bool) prober {
	return func(_ *metav1.ObjectMeta, spec *corev1.PodSpec) []probe {
		to := &corev1.PodSecurityContext{}
		if spec.SecurityContext == nil || !keep(spec.SecurityContext, to) {
			return nil
		}
		path := child(field.NewPath("spec", "securityContext"), dotted)
		return []probe{{path: path, spec: corev1.PodSpec{SecurityContext: to}}}
	}
}

// inherited probes the containers that leave a field to the pod, together with what the pod says.
func inherited(dotted string, set func(*corev1.SecurityContext) bool, keep func(from, to *corev1.PodSecurityContext)) prober {
	return func(_ *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
		pod := &corev1.PodSecurityContext{}
		if spec.SecurityContext != nil {
			keep(spec.SecurityContext, pod)
		}
		for _, place := range places(spec) {
			if own := place.container.SecurityContext; own != nil && set(own) {
				continue
			}
			alone := place.with(corev1.Container{Name: place.container.Name})
			alone.SecurityContext = pod
			probes = append(probes, probe{path: child(place.path.Child("securityContext"), dotted), spec: alone})
		}
		return probes
	}
}

// annotations probes annotations one by one. The containers stay, as a check may ask for those of their names.
func annotations(restricted func(key string) bool) prober {
	return func(meta *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
		var names corev1.PodSpec
		for _, place := range places(spec) {
			named := corev1.Container{Name: place.container.Name}
			names.Containers = append(names.Containers, named)
		}
		for key, value := range meta.Annotations {
			if restricted(key) {
				probes = append(probes, probe{
					path: field.NewPath("metadata", "annotations").Key(key),
					meta: metav1.ObjectMeta{Annotations: map[string]string{key: value}},
					spec: names,
				})
			}
		}
		return probes
	}
}

func addedCapabilities(from, to *corev1.SecurityContext) bool {
	if from.Capabilities == nil {
		return false
	}
	// What is dropped is not in question here, so it is as the restricted level wants it.
	to.Capabilities = &corev1.Capabilities{Add: from.Capabilities.Add, Drop: []corev1.Capability{"ALL"}}
	return true
}

var procMounts = containerField("procMount", func(from, to *corev1.SecurityContext) bool {
	to.ProcMount = from.ProcMount
	return from.ProcMount != nil
})

var seccompProfiles = all(
	podField("seccompProfile.type", func(from, to *corev1.PodSecurityContext) bool {
		to.SeccompProfile = from.SeccompProfile
		return from.SeccompProfile != nil
	}),
	containerField("seccompProfile.type", func(from, to *corev1.SecurityContext) bool {
		to.SeccompProfile = from.SeccompProfile
		return from.SeccompProfile != nil
	}),
)

var hostProcess = all(
	podField("windowsOptions.hostProcess", func(from, to *corev1.PodSecurityContext) bool {
		to.WindowsOptions = from.WindowsOptions
		return from.WindowsOptions != nil
	}),
	containerField("windowsOptions.hostProcess", func(from, to *corev1.SecurityContext) bool {
		to.WindowsOptions = from.WindowsOptions
		return from.WindowsOptions != nil
	}),
)

var seLinuxOptions = all(
	seLinuxOption("type", func(o *corev1.SELinuxOptions) *corev1.SELinuxOptions { return &corev1.SELinuxOptions{Type: o.Type} }),
	seLinuxOption("user", func(o *corev1.SELinuxOptions) *corev1.SELinuxOptions { return &corev1.SELinuxOptions{User: o.User} }),
	seLinuxOption("role", func(o *corev1.SELinuxOptions) *corev1.SELinuxOptions { return &corev1.SELinuxOptions{Role: o.Role} }),
)

func seLinuxOption(name string, keep func(*corev1.SELinuxOptions) *corev1.SELinuxOptions) prober {
	return all(
		podField("seLinuxOptions."+name, func(from, to *corev1.PodSecurityContext) bool {
			if from.SELinuxOptions == nil {
				return false
			}
			to.SELinuxOptions = keep(from.SELinuxOptions)
			return true
		}),
		containerField("seLinuxOptions."+name, func(from, to *corev1.SecurityContext) bool {
			if from.SELinuxOptions == nil {
				return false
			}
			to.SELinuxOptions = keep(from.SELinuxOptions)
			return true
		}),
	)
}

func hostNamespaces(_ *metav1.ObjectMeta, spec *corev1.PodSpec) []probe {
	root := field.NewPath("spec")
	return []probe{
		{path: root.Child("hostNetwork"), spec: corev1.PodSpec{HostNetwork: spec.HostNetwork}},
		{path: root.Child("hostPID"), spec: corev1.PodSpec{HostPID: spec.HostPID}},
		{path: root.Child("hostIPC"), spec: corev1.PodSpec{HostIPC: spec.HostIPC}},
	}
}

func volumes(_ *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
	for i, volume := range spec.Volumes {
		path := field.NewPath("spec", "volumes").Index(i)
		probes = append(probes, probe{path: path, spec: corev1.PodSpec{Volumes: []corev1.Volume{volume}}})
	}
	return probes
}

func hostPaths(meta *metav1.ObjectMeta, spec *corev1.PodSpec) []probe {
	probes := volumes(meta, spec)
	for i := range probes {
		probes[i].path = probes[i].path.Child("hostPath")
	}
	return probes
}

func sysctls(_ *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
	if spec.SecurityContext == nil {
		return nil
	}
	for i, sysctl := range spec.SecurityContext.Sysctls {
		probes = append(probes, probe{
			path: field.NewPath("spec", "securityContext", "sysctls").Index(i).Child("name"),
			spec: corev1.PodSpec{SecurityContext: &corev1.PodSecurityContext{Sysctls: []corev1.Sysctl{sysctl}}},
		})
	}
	return probes
}

func hostPorts(_ *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
	for _, place := range places(spec) {
		for i, port := range place.container.Ports {
			probes = append(probes, probe{
				path: place.path.Child("ports").Index(i).Child("hostPort"),
				spec: place.with(corev1.Container{Ports: []corev1.ContainerPort{port}}),
			})
		}
	}
	return probes
}

// handlerHosts probes the host of every HTTP and TCP handler of probes and lifecycle hooks.
func handlerHosts(_ *metav1.ObjectMeta, spec *corev1.PodSpec) (probes []probe) {
	for _, place := range places(spec) {
		container := place.container
		add := func(path *field.Path, http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction,
			with func(*corev1.HTTPGetAction, *corev1.TCPSocketAction) corev1.Container) {
			if http != nil {
				probes = append(probes, probe{path: child(path, "httpGet.host"), spec: place.with(with(http, nil))})
			}
			if tcp != nil {
				probes = append(probes, probe{path: child(path, "tcpSocket.host"), spec: place.with(with(nil, tcp))})
			}
		}
		for _, kind := range []struct {
			name string
			from *corev1.Probe
			to   func(*corev1.Probe) corev1.Container
		}{
			{"livenessProbe", container.LivenessProbe, func(p *corev1.Probe) corev1.Container { return corev1.Container{LivenessProbe: p} }},
			{"readinessProbe", container.ReadinessProbe, func(p *corev1.Probe) corev1.Container { return corev1.Container{ReadinessProbe: p} }},
			{"startupProbe", container.StartupProbe, func(p *corev1.Probe) corev1.Container { return corev1.Container{StartupProbe: p} }},
		} {
			if kind.from == nil {
				continue
			}
			add(place.path.Child(kind.name), kind.from.HTTPGet, kind.from.TCPSocket,
				func(http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) corev1.Container {
					return kind.to(&corev1.Probe{ProbeHandler: corev1.ProbeHandler{HTTPGet: http, TCPSocket: tcp}})
				})
		}
		if container.Lifecycle == nil {
			continue
		}
		for _, kind := range []struct {
			name string
			from *corev1.LifecycleHandler
			to   func(*corev1.LifecycleHandler) *corev1.Lifecycle
		}{
			{"postStart", container.Lifecycle.PostStart, func(h *corev1.LifecycleHandler) *corev1.Lifecycle { return &corev1.Lifecycle{PostStart: h} }},
			{"preStop", container.Lifecycle.PreStop, func(h *corev1.LifecycleHandler) *corev1.Lifecycle { return &corev1.Lifecycle{PreStop: h} }},
		} {
			if kind.from == nil {
				continue
			}
			add(place.path.Child("lifecycle").Child(kind.name), kind.from.HTTPGet, kind.from.TCPSocket,
				func(http *corev1.HTTPGetAction, tcp *corev1.TCPSocketAction) corev1.Container {
					return corev1.Container{Lifecycle: kind.to(&corev1.LifecycleHandler{HTTPGet: http, TCPSocket: tcp})}
				})
		}
	}
	return probes
}
