package main

import (
	"fmt"
	"maps"
	"slices"

	rbacv1 "k8s.io/api/rbac/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// aggregate gives every ClusterRole with an aggregation rule the rules of the roles it selects, as the aggregation
// controller does: the written rules of such a role are replaced, rules are united in the order of selectors and names,
// a role never takes from itself, and one whose selector is wrong keeps what it had. Roles are visited by name until
// none changes. The controller promises no order; only roles that aggregate each other can end differently by it, or
// change for ever, which is an error here.
func aggregate(roles map[string]*rbacv1.ClusterRole) error {
	names := slices.Sorted(maps.Keys(roles))
	for range 2*len(names) + 2 {
		changed := false
		for _, name := range names {
			role := roles[name]
			if role.AggregationRule == nil {
				continue
			}
			rules, err := collect(role, names, roles)
			if err != nil {
				continue
			}
			if !equality.Semantic.DeepEqual(rules, role.Rules) {
				role.Rules, changed = rules, true
			}
		}
		if !changed {
			return nil
		}
	}
	return fmt.Errorf("cluster roles that aggregate each other never settle")
}

func collect(into *rbacv1.ClusterRole, names []string, roles map[string]*rbacv1.ClusterRole) ([]rbacv1.PolicyRule, error) {
	rules := []rbacv1.PolicyRule{}
	for i := range into.AggregationRule.ClusterRoleSelectors {
		selector, err := metav1.LabelSelectorAsSelector(&into.AggregationRule.ClusterRoleSelectors[i])
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			if name == into.Name || !selector.Matches(labels.Set(roles[name].Labels)) {
				continue
			}
			for _, rule := range roles[name].Rules {
				same := func(other rbacv1.PolicyRule) bool { return equality.Semantic.DeepEqual(other, rule) }
				if !slices.ContainsFunc(rules, same) {
					rules = append(rules, rule)
				}
			}
		}
	}
	return rules, nil
}
