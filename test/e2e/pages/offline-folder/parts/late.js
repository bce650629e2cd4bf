export const late = 'here'
