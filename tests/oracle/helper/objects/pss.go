package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	kjson "sigs.k8s.io/json"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("pss", judgePod)
	operation.Register("pss_checks", listChecks)
	operation.Register("pss_labels", readLabels)
}

// revision is one version of one upstream check: the function that judges from policy version since on.
type revision struct {
	id    policy.CheckID
	since string
	judge policy.CheckPodFn
}

// standards holds the revisions that the upstream evaluator runs, in its order, by level and policy version.
type standards struct {
	versions []string // v1.0 … the current one, latest
	byLevel  map[api.Level]map[string][]*revision
}

var current = loadStandards()

// loadStandards asks the upstream evaluator which check it runs where. Every check is wrapped so that it leaves its
// identity when called; selection, overriding and order stay the evaluator's own.
func loadStandards() standards {
	var called []*revision
	checks := policy.DefaultChecks()
	for i := range checks {
		for j := range checks[i].Versions {
			version := &checks[i].Versions[j]
			known := &revision{checks[i].ID, version.MinimumVersion.String(), version.CheckPod}
			version.CheckPod = func(*metav1.ObjectMeta, *corev1.PodSpec) policy.CheckResult {
				called = append(called, known)
				return policy.CheckResult{Allowed: true}
			}
		}
	}
	evaluator, err := policy.NewEvaluator(checks, nil)
	if err != nil {
		panic(err)
	}
	loaded := standards{byLevel: map[api.Level]map[string][]*revision{
		api.LevelBaseline: {}, api.LevelRestricted: {},
	}}
	for minor := 0; minor <= currentMinor(); minor++ {
		loaded.versions = append(loaded.versions, api.MajorMinorVersion(1, minor).String())
	}
	loaded.versions = append(loaded.versions, api.VersionLatest)
	for level, byVersion := range loaded.byLevel {
		for _, name := range loaded.versions {
			version, err := api.ParseVersion(name)
			if err != nil {
				panic(err)
			}
			called = nil
			evaluator.EvaluatePod(api.LevelVersion{Level: level, Version: version}, nil, nil)
			byVersion[name] = called
		}
	}
	return loaded
}

// currentMinor is the Kubernetes minor version of the pod-security-admission module: 36 for v0.36.3.
func currentMinor() int {
	version := operation.Modules()["k8s.io/pod-security-admission"]
	parts := strings.Split(version, ".")
	if len(parts) < 2 {
		panic(fmt.Sprintf("version of pod-security-admission is not known: %q", version))
	}
	minor, err := strconv.Atoi(parts[1])
	if err != nil {
		panic(err)
	}
	return minor
}

type pssQuestion struct {
	Pod      json.RawMessage `json:"pod"` // metadata and spec
	Levels   []api.Level     `json:"levels"`
	Versions []string        `json:"versions"`
}

type pssFailure struct {
	Check  policy.CheckID `json:"check"`
	Since  string         `json:"since"` // the policy version from which this form of the check judges
	Reason string         `json:"reason"`
	Detail string         `json:"detail"`
	Fields []string       `json:"fields"`
}

type pssAnswer struct {
	Failures []pssFailure                   `json:"failures"`
	Verdicts map[api.Level]map[string][]int `json:"verdicts"` // indices into failures, in the evaluator's order
	Warnings []string                       `json:"warnings,omitempty"`
}

type decodeFailure struct {
	Error string `json:"error"`
	Field string `json:"field,omitempty"`
}

func judgePod(question pssQuestion) (any, error) {
	var pod corev1.Pod
	warnings, err := kjson.UnmarshalStrict(question.Pod, &pod)
	if err != nil {
		return decodeFailure{err.Error(), fieldOf(err)}, nil
	}
	levels, versions := question.Levels, question.Versions
	if levels == nil {
		levels = []api.Level{api.LevelBaseline, api.LevelRestricted}
	}
	if versions == nil {
		versions = current.versions
	}
	answer := pssAnswer{Failures: []pssFailure{}, Verdicts: map[api.Level]map[string][]int{}}
	for _, warning := range warnings {
		answer.Warnings = append(answer.Warnings, warning.Error())
	}
	judged := map[*revision]int{} // index of the failure, or allowed
	const allowed = -1
	for _, level := range levels {
		byVersion, known := current.byLevel[level]
		if !known {
			return nil, operation.Fault("unknown level %q", level)
		}
		verdicts := map[string][]int{}
		for _, version := range versions {
			revisions, known := byVersion[version]
			if !known {
				return nil, operation.Fault("unknown version %q", version)
			}
			failing := []int{}
			for _, check := range revisions {
				index, done := judged[check]
				if !done {
					index = allowed
					if result := check.judge(&pod.ObjectMeta, &pod.Spec); !result.Allowed {
						fields, err := failingFields(check, &pod.ObjectMeta, &pod.Spec)
						if err != nil {
							return nil, err
						}
						index = len(answer.Failures)
						answer.Failures = append(answer.Failures, pssFailure{
							check.id, check.since, result.ForbiddenReason, result.ForbiddenDetail, fields,
						})
					}
					judged[check] = index
				}
				if index != allowed {
					failing = append(failing, index)
				}
			}
			verdicts[version] = failing
		}
		answer.Verdicts[level] = verdicts
	}
	return answer, nil
}

var (
	structField = regexp.MustCompile(`Go struct field \w+\.(\S+) of type`)
	embedded    = regexp.MustCompile(`\b[A-Z]\w*\.`) // the name of a Go struct, which is no member of the JSON
)

// fieldOf gives the path that a decode error names, without list indices, or "".
func fieldOf(err error) string {
	if found := structField.FindStringSubmatch(err.Error()); found != nil {
		return embedded.ReplaceAllString(found[1], "")
	}
	return ""
}

func listChecks(struct{}) (any, error) {
	answer := map[api.Level]map[string][]policy.CheckID{}
	for level, byVersion := range current.byLevel {
		answer[level] = map[string][]policy.CheckID{}
		for version, revisions := range byVersion {
			ids := []policy.CheckID{}
			for _, check := range revisions {
				ids = append(ids, check.id)
			}
			answer[level][version] = ids
		}
	}
	return map[string]any{"checks": answer, "versions": current.versions}, nil
}

type levelVersion struct {
	Level   api.Level `json:"level"`
	Version string    `json:"version"`
}

type labelsAnswer struct {
	Enforce levelVersion `json:"enforce"`
	Audit   levelVersion `json:"audit"`
	Warn    levelVersion `json:"warn"`
	Errors  []string     `json:"errors"`
}

// readLabels tells which policy the labels of a namespace ask for, where the cluster's defaults are privileged, latest.
func readLabels(question struct {
	Labels map[string]string `json:"labels"`
}) (any, error) {
	unset := api.LevelVersion{Level: api.LevelPrivileged, Version: api.LatestVersion()}
	asked, errs := api.PolicyToEvaluate(question.Labels, api.Policy{Enforce: unset, Audit: unset, Warn: unset})
	answer := labelsAnswer{Errors: []string{}}
	for _, mode := range []struct {
		from api.LevelVersion
		to   *levelVersion
	}{{asked.Enforce, &answer.Enforce}, {asked.Audit, &answer.Audit}, {asked.Warn, &answer.Warn}} {
		*mode.to = levelVersion{mode.from.Level, mode.from.Version.String()}
	}
	for _, err := range errs {
		answer.Errors = append(answer.Errors, err.Error())
	}
	return answer, nil
}
