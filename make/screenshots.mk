.PHONY: screenshots
screenshots: node_modules/.package-lock.json ## Take a picture of every page, light, dark and on a phone, into docs/images
	@SCREENSHOTS=docs/images npm test -- pages-look apps/auth/test/console
