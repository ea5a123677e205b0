"""What the backends that ask a language model share: requests, prompts, replies, money."""
