package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac"
	"k8s.io/kubernetes/plugin/pkg/auth/authorizer/rbac/bootstrappolicy"

	"seawall.test/oracle/operation"
)

func init() {
	operation.Register("rbac", authorizeByRBAC)
	operation.Register("rbac_rules", listRules)
	operation.Register("rbac_bootstrap", listBootstrap)
}

type rbacQuestion struct {
	Objects   []json.RawMessage `json:"objects"`
	Requests  []request         `json:"requests"`
	Masters   bool              `json:"masters"`
	Aggregate bool              `json:"aggregate"`
}

func authorizeByRBAC(question rbacQuestion) (any, error) {
	grants, err := readGrants(question.Objects, question.Aggregate)
	if err != nil {
		return nil, err
	}
	return decide(rbac.New(grants, grants, grants, grants), question.Masters, question.Requests), nil
}

// listRules gives the rules that every ClusterRole has once aggregation has settled.
func listRules(question rbacQuestion) (any, error) {
	grants, err := readGrants(question.Objects, question.Aggregate)
	if err != nil {
		return nil, err
	}
	rules := map[string][]rbacv1.PolicyRule{}
	for name, role := range grants.clusterRoles {
		rules[name] = role.Rules
	}
	return map[string]any{"rules": rules}, nil
}

// listBootstrap gives the roles and bindings that an API server creates in a new cluster.
func listBootstrap(struct{}) (any, error) {
	objects := []any{}
	for _, role := range append(bootstrappolicy.ClusterRoles(), bootstrappolicy.ControllerRoles()...) {
		role.APIVersion, role.Kind = rbacv1.SchemeGroupVersion.String(), "ClusterRole"
		objects = append(objects, role)
	}
	for _, binding := range append(bootstrappolicy.ClusterRoleBindings(), bootstrappolicy.ControllerRoleBindings()...) {
		binding.APIVersion, binding.Kind = rbacv1.SchemeGroupVersion.String(), "ClusterRoleBinding"
		objects = append(objects, binding)
	}
	roles, bindings := bootstrappolicy.NamespaceRoles(), bootstrappolicy.NamespaceRoleBindings()
	for _, namespace := range slices.Sorted(maps.Keys(roles)) {
		for _, role := range roles[namespace] {
			role.APIVersion, role.Kind, role.Namespace = rbacv1.SchemeGroupVersion.String(), "Role", namespace
			objects = append(objects, role)
		}
	}
	for _, namespace := range slices.Sorted(maps.Keys(bindings)) {
		for _, binding := range bindings[namespace] {
			binding.APIVersion, binding.Kind, binding.Namespace = rbacv1.SchemeGroupVersion.String(), "RoleBinding", namespace
			objects = append(objects, binding)
		}
	}
	return map[string]any{"objects": objects}, nil
}

type roleKey struct{ namespace, name string }

// grants is what a cluster holds of RBAC. Bindings keep the order in which they were given, so that the reason of a
// decision, which names the first binding that allows, is always the same; an API server promises no order.
type grants struct {
	roles               map[roleKey]*rbacv1.Role
	clusterRoles        map[string]*rbacv1.ClusterRole
	roleBindings        map[string][]*rbacv1.RoleBinding
	clusterRoleBindings []*rbacv1.ClusterRoleBinding
}

func readGrants(objects []json.RawMessage, aggregated bool) (*grants, error) {
	read := &grants{
		roles:        map[roleKey]*rbacv1.Role{},
		clusterRoles: map[string]*rbacv1.ClusterRole{},
		roleBindings: map[string][]*rbacv1.RoleBinding{},
	}
	for i, raw := range objects {
		if err := read.add(raw); err != nil {
			return nil, fmt.Errorf("object %d: %w", i, err)
		}
	}
	if aggregated {
		if err := aggregate(read.clusterRoles); err != nil {
			return nil, err
		}
	}
	return read, nil
}

func (g *grants) add(raw json.RawMessage) error {
	kind, err := kindOf(raw)
	if err != nil {
		return err
	}
	switch kind {
	case "Role":
		role, err := decode[rbacv1.Role](raw)
		if err != nil {
			return err
		}
		g.roles[roleKey{role.Namespace, role.Name}] = role
	case "ClusterRole":
		role, err := decode[rbacv1.ClusterRole](raw)
		if err != nil {
			return err
		}
		g.clusterRoles[role.Name] = role
	case "RoleBinding":
		binding, err := decode[rbacv1.RoleBinding](raw)
		if err != nil {
			return err
		}
		g.roleBindings[binding.Namespace] = append(g.roleBindings[binding.Namespace], binding)
	case "ClusterRoleBinding":
		binding, err := decode[rbacv1.ClusterRoleBinding](raw)
		if err != nil {
			return err
		}
		g.clusterRoleBindings = append(g.clusterRoleBindings, binding)
	default:
		return fmt.Errorf("not a kind of RBAC: %q", kind)
	}
	return nil
}

// The four methods are what the authorizer reads; in an API server caches of the same objects answer them.

func (g *grants) GetRole(_ context.Context, namespace, name string) (*rbacv1.Role, error) {
	if role, found := g.roles[roleKey{namespace, name}]; found {
		return role, nil
	}
	return nil, errors.NewNotFound(rbacv1.Resource("role"), name)
}

func (g *grants) GetClusterRole(_ context.Context, name string) (*rbacv1.ClusterRole, error) {
	if role, found := g.clusterRoles[name]; found {
		return role, nil
	}
	return nil, errors.NewNotFound(rbacv1.Resource("clusterrole"), name)
}

func (g *grants) ListRoleBindings(_ context.Context, namespace string) ([]*rbacv1.RoleBinding, error) {
	return g.roleBindings[namespace], nil
}

func (g *grants) ListClusterRoleBindings(context.Context) ([]*rbacv1.ClusterRoleBinding, error) {
	return g.clusterRoleBindings, nil
}
