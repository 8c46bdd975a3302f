// The words of notices in Spanish: what was done, by whom, and what to do when it was not meant.
import type { NoticeWording } from './wording.ts';

const unexpected =
  'Si no esperaba esto, pregunte a su administrador del sistema o a quien administra la instalación.';

/** What of the contact data was changed, by the fields that a notice names. */
function changedContact(fields: string | undefined): { verb: string; what: string; where: string } {
  switch (fields) {
    case 'email':
      return { verb: 'cambió', what: 'el correo electrónico', where: 'al que' };
    case 'phone':
      return { verb: 'cambió', what: 'el teléfono', where: 'al que' };
    default:
      return { verb: 'cambiaron', what: 'el correo electrónico y el teléfono', where: 'a los que' };
  }
}

const roles = (role: string | undefined) =>
  role === 'granted'
    ? 'ahora tiene el rol de administrador del sistema'
    : 'ya no tiene el rol de administrador del sistema';

export const spanishNotices: NoticeWording = {
  'user-locked': (about, { app, ip }) => ({
    subject: `El acceso de ${about} está bloqueado`,
    lines: [
      `${about} agotó todos los intentos de escribir un código y su acceso está bloqueado en todas las aplicaciones.`,
      ...(app ? [`El último intento vino de ${ip || 'una dirección desconocida'}, en ${app}.`] : []),
      'El bloqueo no termina con el tiempo. Solo un administrador del sistema de la cuenta puede levantarlo: twofa lockouts show y después twofa reactivate.',
      'Los códigos solo se piden después de la contraseña correcta: si no fue el propio usuario, alguien conoce la contraseña.',
    ],
  }),
  'user-reactivated': (about, { by }) => ({
    subject: `${about} puede volver a iniciar sesión`,
    lines: [`${by} reactivó a ${about}, que puede volver a iniciar sesión.`, unexpected],
  }),
  'user-deactivated': (about, { by }) => ({
    subject: `Se desactivó a ${about}`,
    lines: [`${by} desactivó a ${about}, que ya no puede iniciar sesión.`, unexpected],
  }),
  'contact-changed': (about, { by, fields }) => {
    const { verb, what, where } = changedContact(fields);
    return {
      subject: `Se ${verb} ${what} de ${about}`,
      lines: [`${by} cambió ${what} ${where} se envían los códigos de acceso de ${about}.`, unexpected],
    };
  },
  'role-changed': (about, { by, role }) => ({
    subject: `${about} ${roles(role)}`,
    lines: [`${about} ${roles(role)}. El cambio lo hizo ${by}.`, unexpected],
  }),
  'token-made': (about, { by, token }) => ({
    subject: `Se creó un token de acceso para ${about}`,
    lines: [
      `${by} creó un token de acceso (${token}) para ${about}, que tiene el rol de administrador del sistema.`,
      `Solo funciona con un código propio de ${about}. Cualquier administrador del sistema de la cuenta puede revocarlo: twofa token revoke ${token}`,
    ],
  }),
  'recovery-codes-renewed': (_, { by }) => ({
    subject: 'Se renovaron los códigos de recuperación',
    lines: [
      `${by} generó de nuevo los códigos de recuperación de la cuenta; los anteriores ya no sirven.`,
      unexpected,
    ],
  }),
  'recovery-code-used': (about, { by }) => ({
    subject: `Se reactivó a ${about} con un código de recuperación`,
    lines: [`${by} usó un código de recuperación de la cuenta para reactivar a ${about}.`, unexpected],
  }),
  'recovery-code-rejected': (about, { by }) => ({
    subject: 'Se escribió un código de recuperación incorrecto',
    lines: [
      `${by} escribió un código de recuperación incorrecto de la cuenta para reactivar a ${about}.`,
      unexpected,
    ],
  }),
  'enable-wanted': (_, { by, kid }) => ({
    subject: 'Falta que usted active la autenticación de dos factores',
    lines: [
      `${by} preparó la cuenta y pide a uno de sus administradores del sistema que active la autenticación de dos factores. Vale para todos los consultorios y usuarios, y nunca se vuelve a desactivar.`,
      `Vea primero lo que significa: twofa enable --preview -a ${kid}`,
      `Después actívela: twofa enable -a ${kid}`,
      unexpected,
    ],
  }),
  'lockout-reminder': (about, { since }) => ({
    subject: `El acceso de ${about} sigue bloqueado`,
    lines: [
      `El acceso de ${about} está bloqueado desde ${since ?? 'hace un tiempo'}, y ${about} pidió ayuda a Atención al Cliente.`,
      'Atención al Cliente no puede reactivar a nadie. Un administrador del sistema de la cuenta sí puede: twofa lockouts show y después twofa reactivate.',
    ],
  }),
};
