"""What people see: findings turned into text."""
