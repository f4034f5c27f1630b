import { quoted, type Values } from './values.ts';

const list = (scope: string) =>
  `[]string{${scope
    .split(' ')
    .filter((text) => text !== '')
    .map(quoted)
    .join(', ')}}`;

export const goWeb = ({ issuer, clientId, redirectUri, scope, resource }: Values): string => {
  const option = resource === undefined ? '' : `,\n\t\toauth2.SetAuthURLParam("resource", ${quoted(resource)})`;
  return `// go get github.com/coreos/go-oidc/v3/oidc golang.org/x/oauth2
package auth

import (
	"context"
	"errors"
	"os"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

type Provider struct {
	config   oauth2.Config
	verifier *oidc.IDTokenVerifier
}

func Discover(ctx context.Context) (*Provider, error) {
	provider, err := oidc.NewProvider(ctx, ${quoted(issuer)})
	if err != nil {
		return nil, err
	}
	return &Provider{
		config: oauth2.Config{
			ClientID:     ${quoted(clientId)},
			ClientSecret: os.Getenv("CLIENT_SECRET"),
			Endpoint:     provider.Endpoint(),
			RedirectURL:  ${quoted(redirectUri)},
			Scopes:       ${list(scope)},
		},
		verifier: provider.Verifier(&oidc.Config{ClientID: ${quoted(clientId)}}),
	}, nil
}

// Begin returns the URL to send the browser to. Keep state and verifier in its session until it comes back.
func (p *Provider) Begin() (url, state, verifier string) {
	state, verifier = oauth2.GenerateVerifier(), oauth2.GenerateVerifier()
	url = p.config.AuthCodeURL(state, oauth2.S256ChallengeOption(verifier)${option})
	return url, state, verifier
}

// Finish exchanges the code. Compare the parameter state with the kept one first. Subject identifies the person.
func (p *Provider) Finish(ctx context.Context, code, verifier string) (*oidc.IDToken, error) {
	token, err := p.config.Exchange(ctx, code, oauth2.VerifierOption(verifier))
	if err != nil {
		return nil, err
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return nil, errors.New("no ID token")
	}
	return p.verifier.Verify(ctx, raw)
}
`;
};

export const goMachine = ({ issuer, clientId, scope, resource }: Values): string => {
  const parameters =
    resource === undefined ? '' : `\n\t\tEndpointParams: url.Values{"resource": {${quoted(resource)}}},`;
  return `// go get golang.org/x/oauth2
package auth

import (
	"context"
	"net/http"
${resource === undefined ? '' : '\t"net/url"\n'}	"os"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Client sends an access token with each request, and gets another one before it expires.
func Client(ctx context.Context) *http.Client {
	config := clientcredentials.Config{
		ClientID:       ${quoted(clientId)},
		ClientSecret:   os.Getenv("CLIENT_SECRET"),
		TokenURL:       ${quoted(`${issuer}/openid/token`)},
		Scopes:         ${list(scope)},${parameters}
		AuthStyle:      oauth2.AuthStyleInHeader,
	}
	return config.Client(ctx)
}
`;
};
