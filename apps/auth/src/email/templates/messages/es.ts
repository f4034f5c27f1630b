import type { Messages } from '../message.ts';

export const es: Messages = {
  footer: 'Recibe este mensaje por una cuenta con esta dirección. Si no lo esperaba, puede ignorarlo.',
  messages: {
    email_verification: {
      subject: 'Confirme su dirección de correo',
      paragraphs: ['Confirme que {email} es su dirección.', 'El enlace vale durante 24 horas y para un solo uso.'],
      action: 'Confirmar la dirección',
    },
    password_reset: {
      subject: 'Elegir una contraseña nueva',
      paragraphs: [
        'Alguien, probablemente usted, ha pedido una contraseña nueva para {email}.',
        'El enlace vale durante una hora y para un solo uso. Hasta entonces su contraseña no cambia.',
      ],
      action: 'Elegir una contraseña nueva',
    },
    magic_link: {
      subject: 'Su enlace para entrar',
      paragraphs: [
        'Con este enlace entra como {email}.',
        'Vale durante 15 minutos y para un solo uso. No lo comparta.',
      ],
      action: 'Entrar',
    },
    email_change: {
      subject: 'Confirme su nueva dirección de correo',
      paragraphs: [
        'Confirme que {email} será la nueva dirección de su cuenta.',
        'El enlace vale durante una hora y para un solo uso.',
      ],
      action: 'Confirmar la nueva dirección',
    },
    email_change_notice: {
      subject: 'Su dirección de correo va a cambiar',
      paragraphs: [
        'Alguien, probablemente usted, ha pedido cambiar la dirección de su cuenta de {email} a {new_email}.',
        'Si no ha sido usted, cambie ahora su contraseña: quien lo ha pedido ha entrado en su cuenta.',
      ],
    },
    new_device: {
      subject: 'Acceso desde un dispositivo nuevo',
      paragraphs: [
        'Un dispositivo hasta ahora desconocido ha entrado en su cuenta {email}: {device}, desde la dirección {address}, a las {time}.',
        'Si no ha sido usted, cambie ahora su contraseña y cierre todas las demás sesiones.',
      ],
    },
    password_changed: {
      subject: 'Su contraseña ha cambiado',
      paragraphs: [
        'La contraseña de su cuenta {email} cambió a las {time}.',
        'Si no ha sido usted, elija enseguida una nueva.',
      ],
    },
    password_reset_required: {
      subject: 'Hace falta una contraseña nueva',
      paragraphs: [
        'La administración le pide que elija una contraseña nueva para {email}. La anterior ya no vale y todas las sesiones se han cerrado.',
        'El enlace vale durante una hora y para un solo uso. Después, pida otro con «he olvidado mi contraseña».',
      ],
      action: 'Elegir una contraseña nueva',
    },
    invitation: {
      subject: 'Tiene una invitación',
      paragraphs: [
        'Se ha creado una cuenta para {email}. Elija una contraseña para usarla.',
        'El enlace vale durante 7 días y para un solo uso.',
      ],
      action: 'Elegir una contraseña',
    },
  },
};
