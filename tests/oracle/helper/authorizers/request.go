package main

import (
	"context"

	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apiserver/pkg/authentication/user"
	"k8s.io/apiserver/pkg/authorization/authorizer"
	"k8s.io/apiserver/pkg/authorization/authorizerfactory"
	"k8s.io/apiserver/pkg/authorization/union"
)

// request is one act that somebody asks to do: on a resource, or on a URL where NonResourceURL is given.
type request struct {
	User           string   `json:"user"`
	Groups         []string `json:"groups"`
	Verb           string   `json:"verb"`
	Group          string   `json:"group"`
	Resource       string   `json:"resource"`
	Subresource    string   `json:"subresource"`
	Name           string   `json:"name"`
	Namespace      string   `json:"namespace"`
	FieldSelector  string   `json:"fieldSelector"`
	NonResourceURL *string  `json:"nonResourceURL"`
}

func (r request) attributes() authorizer.Attributes {
	asker := &user.DefaultInfo{Name: r.User, Groups: r.Groups}
	if r.NonResourceURL != nil {
		return authorizer.AttributesRecord{User: asker, Verb: r.Verb, Path: *r.NonResourceURL}
	}
	attributes := authorizer.AttributesRecord{
		User: asker, Verb: r.Verb, Namespace: r.Namespace, APIGroup: r.Group, APIVersion: "*", Resource: r.Resource,
		Subresource: r.Subresource, Name: r.Name, ResourceRequest: true,
	}
	if r.FieldSelector != "" {
		selector, err := fields.ParseSelector(r.FieldSelector)
		if err != nil {
			attributes.FieldSelectorParsingErr = err
		} else {
			attributes.FieldSelectorRequirements = selector.Requirements()
		}
	}
	return attributes
}

type decision struct {
	Decision string `json:"decision"` // allow, deny, noOpinion
	Reason   string `json:"reason,omitempty"`
	Error    string `json:"error,omitempty"`
}

type decisionsAnswer struct {
	Decisions []decision `json:"decisions"`
}

// decide asks the authorizer each request. With masters, the group system:masters may do everything before the
// authorizer is asked, as in every API server.
func decide(judge authorizer.Authorizer, masters bool, requests []request) decisionsAnswer {
	if masters {
		judge = union.New(authorizerfactory.NewPrivilegedGroups(user.SystemPrivilegedGroup), judge)
	}
	answer := decisionsAnswer{Decisions: make([]decision, len(requests))}
	for i, asked := range requests {
		verdict, reason, err := judge.Authorize(context.Background(), asked.attributes())
		answer.Decisions[i] = decision{Decision: words[verdict], Reason: reason}
		if err != nil {
			answer.Decisions[i].Error = err.Error()
		}
	}
	return answer
}

var words = map[authorizer.Decision]string{
	authorizer.DecisionAllow:     "allow",
	authorizer.DecisionDeny:      "deny",
	authorizer.DecisionNoOpinion: "noOpinion",
}
